// Another site, on a port of its own, whose pages attack. Reached as 127.0.0.1 it is of the same site
// as the chat (cookies are sent along) but another origin; reached as localhost it is another site.
import http from 'node:http';
import https from 'node:https';
import { readFileSync } from 'node:fs';

/** The server: /page is an empty page, /307?to=URL sends on, with method and body. `port`: 0 for any. */
export async function startAttacker(site, port = 0) {
    const tls = site.isTls && {
        key: readFileSync(`${site.state}/httpd/conf/tls.key`),
        cert: readFileSync(`${site.state}/httpd/conf/tls.crt`),
    };
    const answer = (request, response) => {
        const url = new URL(request.url, 'http://attacker');

        request.resume();
        if (url.pathname === '/307')
            response.writeHead(307, {
                Location: url.searchParams.get('to'),
                'Access-Control-Allow-Origin': request.headers.origin ?? '*',
                'Access-Control-Allow-Credentials': 'true',
            }).end();
        else
            response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' })
                .end('<!DOCTYPE html><title>attack</title><body>');
    };
    const server = tls ? https.createServer(tls, answer) : http.createServer(answer);

    await new Promise(resolve => server.listen(port, '127.0.0.1', resolve));
    const scheme = tls ? 'https' : 'http';
    const taken = server.address().port;

    return {
        sameSite: `${scheme}://127.0.0.1:${taken}`,
        crossSite: `${scheme}://localhost:${taken}`,
        stop: () => { server.closeAllConnections(); server.close(); },
    };
}
