// A real OpenID provider for one test: node provider.mjs REDIRECT_URI. It prints its address.
// Whoever says a name is that person.
import http from 'node:http';
import { Provider } from 'oidc-provider';

const groups = { alice: ['staff', 'credit'], boss: ['staff', 'admins'], mallory: ['others'] };
let provider;
const server = http.createServer((request, response) => provider.callback()(request, response));
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  provider = new Provider(issuer, {
    clients: [{ client_id: 'hearth', client_secret: 'the-secret-of-hearth', redirect_uris: [process.argv[2]] }],
    claims: { openid: ['sub'], profile: ['name', 'preferred_username'], groups: ['groups'] },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: `subject-${id}`, preferred_username: id, name: `${id} of the house`, groups: groups[id] ?? [] }),
    }),
    features: { devInteractions: { enabled: true } },
    cookies: { keys: ['one', 'two'] },
  });
  console.log(issuer);
});
