"""tests/nodes.py - several hufud over one PostgreSQL, behind a balancer that sends each connection to one of them at random."""
import random, secrets, socket, threading

from databases import StoreDatabase
from server import Server, free_ports
from talker import World


class Balancer:
    """A port whose connections go anywhere: to targets() of the moment."""

    def __init__(self, port, targets):
        self.targets = targets
        self.listener = socket.create_server(("127.0.0.1", port), backlog=256)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        ports = self.targets()
        random.shuffle(ports)
        for port in ports:
            try:
                server = socket.create_connection(("127.0.0.1", port), timeout=5)
            except OSError:
                continue
            server.settimeout(None)
            threading.Thread(target=self.copy, args=(client, server), daemon=True).start()
            return self.copy(server, client)
        client.close()

    @staticmethod
    def copy(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        for s in (source, sink):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.listener.close()


class Cluster(World):
    """A World whose addresses are the balancer's; `nodes` are its servers."""

    def __init__(self, n, *dialects, top="", store="", database=None, **more):
        super().__init__(*dialects, **more)
        self.database = database or StoreDatabase()
        self.n, self.extra, self.store = n, top, store
        self.nodes, self.balancers, self.ports = [], [], []

    def top_of(self):
        return "\n".join([self.top, "store:", "  url: %s&schema=nodes" % self.database.url, self.store, "keys:", "  kek: %s" % self.kek, self.extra])

    def __enter__(self):
        self.database.__enter__()
        self.kek = secrets.token_hex(32)
        try:
            for i in range(self.n):
                self.ports.append(dict(zip(self.port, free_ports(len(self.port)))))
                listeners = {d: {**self.listeners[d], "bind": ["127.0.0.1:%d" % p]} for d, p in self.ports[i].items()}
                node = Server(self.issuers, self.realms if i == 0 else [], top=self.top_of(), listeners=listeners)
                self.nodes.append(node)
                node.start(wait=60)
            for d, port in self.port.items():
                self.balancers.append(Balancer(port, lambda d=d: [p[d] for p in self.ports]))
        except BaseException:
            self.__exit__(None)
            raise
        return self

    def __exit__(self, *exc):
        for b in self.balancers:
            b.close()
        for node in self.nodes:
            if node.proc is not None and node.proc.poll() is None:
                node.close()
            else:
                node.proc = None
                node._put_away()
        self.database.__exit__()

    def kill(self, i):
        self.nodes[i].proc.kill()
        self.nodes[i].proc.wait()

    def at_node(self, i, dialect, path):
        return self.url[dialect].replace(str(self.port[dialect]), str(self.ports[i][dialect])) + path
