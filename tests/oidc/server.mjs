// An authorization server for the tests, on any free port of this machine:
// oidc-provider as it is, with its own pages for login and consent.  It prints
// its address, then a line for each token request: its grant, and what became
// of it.
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const server = createServer();
server.listen(0, '127.0.0.1', () => {
	const issuer = `http://127.0.0.1:${server.address().port}`;
	const provider = new Provider(issuer, {
		clients: [{
			client_id: 'ledgerpipe',
			client_secret: 'oidc-secret',
			application_type: 'native',
			grant_types: ['authorization_code', 'refresh_token'],
			redirect_uris: ['http://127.0.0.1/callback'],
		}],
		cookies: { keys: ['only for tests'] },
		issueRefreshToken: () => true,
		rotateRefreshToken: true,
	});
	const tell = (word) => (ctx) =>
		console.log(`GRANT ${ctx.oidc.params.grant_type} ${word}`);
	provider.on('grant.success', tell('given'));
	provider.on('grant.error', tell('refused'));
	server.on('request', provider.callback());
	console.log(`ISSUER ${issuer}`);
});
