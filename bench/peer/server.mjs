// bench/peer/server.mjs PORT opaque|jwt - oidc-provider as its documentation starts it, state in its own memory: one client, one account whose browser is
// signed in by being asked and who has agreed to everything. It prints its process once it listens.
import http from 'node:http';
import Provider from 'oidc-provider';
import { generateKeyPair, exportJWK } from 'jose';

const [port, shape] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const api = 'https://api.example';
const { privateKey } = await generateKeyPair('RS256', { extractable: true });

// Its own adapter forgets all but the last thousand things.
class Memory {
  static kept = new Map();
  constructor(kind) { this.kind = kind; }
  key(id) { return `${this.kind}:${id}`; }
  async upsert(id, payload) { Memory.kept.set(this.key(id), payload); if (payload.uid) Memory.kept.set(this.key(payload.uid), payload); }
  async find(id) { return Memory.kept.get(this.key(id)); }
  async findByUid(uid) { return Memory.kept.get(this.key(uid)); }
  async consume(id) { Memory.kept.get(this.key(id)).consumed = Math.floor(Date.now() / 1000); }
  async destroy(id) { Memory.kept.delete(this.key(id)); }
  async revokeByGrantId() {}
}

const provider = new Provider(issuer, {
  adapter: Memory,
  clients: [{
    client_id: 'bench', client_secret: 'bench-secret', redirect_uris: ['https://app.example/cb'], grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
  }],
  jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig' }] },
  cookies: { keys: ['a key of the bench'] },
  scopes: ['openid', 'offline_access', 'read', 'write'],
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    resourceIndicators: {
      enabled: shape === 'jwt',
      defaultResource: () => api,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({ scope: 'read write', accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } }),
    },
  },
  issueRefreshToken: () => true,
  rotateRefreshToken: () => true,
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  async loadExistingGrant(ctx) {
    const known = ctx.oidc.session.grantIdFor(ctx.oidc.client.clientId);
    if (known) return ctx.oidc.provider.Grant.find(known);
    const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope('openid offline_access read write');
    grant.addResourceScope(api, 'read write');
    await grant.save();
    return grant;
  },
  interactions: { url: (_, interaction) => `/signs-in/${interaction.uid}` },
});

const answer = provider.callback();
http.createServer((req, res) => {
  if (!req.url.startsWith('/signs-in/')) return answer(req, res);
  return provider.interactionFinished(req, res, { login: { accountId: 'user' } });
}).listen(Number(port), '127.0.0.1', () => console.log(process.pid));
