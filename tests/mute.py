"""tests/mute.py - a neighbour that hangs. Standard library only."""
import contextlib, socket, threading


class Mute:
    """Accepts connections and never says a word."""

    def __init__(self, port=0):
        self.sock = socket.create_server(("127.0.0.1", port), backlog=512)
        self.port = self.sock.getsockname()[1]
        self.kept = []
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        with contextlib.suppress(OSError):
            while True:
                self.kept.append(self.sock.accept()[0])

    def close(self):
        self.sock.shutdown(socket.SHUT_RDWR)            # wakes accept
        self.sock.close()
        for s in self.kept:
            s.close()
