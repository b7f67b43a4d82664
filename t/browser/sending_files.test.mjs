// Files that are sent from the widget and from the inbox, to the real server: by the clip, dropped and pasted; how far they
// are, cancelled, after a lost connection; pictures made smaller; what is refused.
import assert from 'node:assert/strict';
import net from 'node:net';
import test from 'node:test';
import { launch } from './lib/browser.mjs';
import { LOOKS, findBarriers, fits, look, takePicture } from './lib/page.mjs';
import { Site, waitFor } from './lib/site.mjs';
import { Visitor, makePeople } from './lib/visitor.mjs';

const site = new Site('pages');
const { church, names: [lena, mara, nils] } = makePeople(site, 'Files', ['lena', 'mara', 'nils']);
const LONG = 2000000; // bytes, which at
const SLOW = 10000; // bytes a second take longer than any test
let browser, network, id, visitor, staff;

/** In the page: what leaves it, as it is seen by nobody else. */
function watchUploads() {
    const { send } = XMLHttpRequest.prototype;

    window.uploads = [];
    XMLHttpRequest.prototype.send = function (body) {
        const file = body.get('attachment');
        const one = { size: file.size, type: file.type, name: file.name, clientId: body.get('client_id'), content: body.get('content') };

        window.uploads.push(one);
        file.slice(0, 65536).text().then(text => { one.hasPlace = text.includes('Exif'); });
        return send.call(this, body);
    };
}

/** The way to the site, which can be cut off: no browser ends an upload because it is told that it is offline. */
class Network {
    #sockets = new Set();
    #isUp = true;

    static async start() {
        const one = new Network();
        const server = net.createServer(socket => one.#join(socket));

        await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
        server.unref();
        one.site = Object.assign(Object.create(site), { url: `http://127.0.0.1:${server.address().port}` });
        one.stop = () => { one.cut(); server.close(); };
        return one;
    }

    cut() {
        this.#isUp = false;
        for (const socket of this.#sockets)
            socket.destroy();
    }

    mend() {
        this.#isUp = true;
    }

    #join(socket) {
        const { port } = new URL(site.url);
        const other = net.connect(Number(port), '127.0.0.1');

        for (const [one, end] of [[socket, other], [other, socket]]) {
            this.#sockets.add(one);
            one.on('error', () => {});
            one.on('close', () => { this.#sockets.delete(one); end.destroy(); });
        }
        if (!this.#isUp) {
            socket.destroy();
            return;
        }
        socket.pipe(other).pipe(socket);
    }
}

const arrive = (name, options) => Visitor.arrive(browser, network.site, name, { prepare: page => page.addInitScript(watchUploads), ...options });
const uploads = one => one.page.evaluate(() => window.uploads);
const messages = async () => (await site.ask(lena, 'GET', `conversations/${id}/messages/?limit=200`)).messages;
const last = async () => (await messages()).at(-1);
const text = (name, content = 'Some words.\n') => ({ name, mimeType: 'text/plain', buffer: Buffer.from(content) });
const document_ = (name, bytes) => ({ name, mimeType: 'application/pdf', buffer: Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(bytes, 'pdf ')]) });

async function chooses(one, ...files) {
    const [chooser] = await Promise.all([one.page.waitForEvent('filechooser'), one.page.getByRole('button', { name: 'Attach files' }).click()]);

    await chooser.setFiles(files);
    await one.get('.tray li').first().waitFor();
    await one.get('.send:not([aria-disabled])').waitFor();
    return chooser;
}

const sends = one => one.page.getByRole('button', { name: 'Send', exact: true }).click();

/** Until nothing is on its way. */
async function arrived(one) {
    await one.misses('.line.pending');
}

/** Somebody drags these files over the thread, and lets go, or does not. */
function drags(one, selector, types, files = []) {
    return one.get(selector).evaluate((target, [types, files]) => {
        const dataTransfer = new DataTransfer();

        for (const { name, type, content } of files)
            dataTransfer.items.add(new File([content], name, { type }));
        for (const type of types)
            target.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, composed: true, cancelable: true }));
    }, [types, files]);
}

function pastes(one, files, text = '') {
    return one.get('textarea').evaluate((target, [files, text]) => {
        const clipboardData = new DataTransfer();

        for (const { name, type, content } of files)
            clipboardData.items.add(new File([content], name, { type }));
        if (text)
            clipboardData.setData('text/plain', text);
        target.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, composed: true, cancelable: true }));
    }, [files, text]);
}

/** A photo of these pixels, as a camera makes it that was turned to the right: the first quarter red, and where it was made. */
async function photo(page, width, height) {
    const bytes = Buffer.from(await page.evaluate(async ([width, height]) => {
        const canvas = Object.assign(document.createElement('canvas'), { width, height });
        const context = canvas.getContext('2d');

        context.fillStyle = '#0a0';
        context.fillRect(0, 0, width, height);
        context.fillStyle = '#f00';
        context.fillRect(0, 0, width / 2, height / 2);
        const blob = await new Promise(resolve => canvas.toBlob(resolve, 'image/jpeg', 0.9));

        return [...new Uint8Array(await blob.arrayBuffer())];
    }, [width, height]));
    const entry = (tag, type, count, value) => {
        const one = Buffer.alloc(12);

        one.writeUInt16BE(tag);
        one.writeUInt16BE(type, 2);
        one.writeUInt32BE(count, 4);
        value(one);
        return one;
    };
    const directory = (...entries) => Buffer.concat([Buffer.from([0, entries.length]), ...entries, Buffer.alloc(4)]);
    const tiff = Buffer.concat([
        Buffer.from('MM\0*\0\0\0\x08', 'latin1'),
        directory(entry(0x0112, 3, 1, one => one.writeUInt16BE(6, 8)), entry(0x8825, 4, 1, one => one.writeUInt32BE(38, 8))),
        directory(entry(1, 2, 2, one => one.write('N\0', 8, 'latin1'))),
    ]);
    const exif = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff]);
    const marker = Buffer.from([0xff, 0xe1, 0, 0]);

    marker.writeUInt16BE(exif.length + 2, 2);
    return { name: 'photo.jpg', mimeType: 'image/jpeg', buffer: Buffer.concat([bytes.subarray(0, 2), marker, exif, bytes.subarray(2)]) };
}

/** Its pixels at these places, each from 0 to 1. */
function coloursOf(page, url, places) {
    return page.evaluate(async ([url, places]) => {
        const bitmap = await createImageBitmap(await (await fetch(url)).blob());
        const canvas = Object.assign(document.createElement('canvas'), { width: bitmap.width, height: bitmap.height });
        const context = canvas.getContext('2d');

        context.drawImage(bitmap, 0, 0);
        return places.map(([x, y]) => {
            const [red, green] = context.getImageData(x * bitmap.width, y * bitmap.height, 1, 1).data;

            return red > green ? 'red' : 'green';
        });
    }, [url, places]);
}

/** From now on bytes leave this page so slowly; 0: as fast as they can. */
async function slowDown(one, bytesPerSecond) {
    one.session ??= await one.context.newCDPSession(one.page);
    await one.session.send('Network.enable');
    await one.session.send('Network.emulateNetworkConditions', {
        offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: bytesPerSecond || -1,
    });
}

test.before(async () => {
    [browser, network] = await Promise.all([launch(), Network.start()]);
    ({ conversation: { id } } = await site.ask(mara, 'POST', 'conversations/', { json: { church_id: church } }));
    await site.ask(mara, 'POST', `conversations/${id}/messages/`, { json: { content: 'Good morning!' } });
    visitor = await arrive(mara);
    await visitor.opensChurch(church);
});
test.after(async () => {
    await browser?.close();
    network?.stop();
});

test('chosen with the clip', async t => {
    const requests = [];

    visitor.page.on('request', request => requests.push(new URL(request.url()).pathname));
    await t.test('they stand over the text, each with a button', async () => {
        const chooser = await chooses(visitor, text('a.txt'), await photo(visitor.page, 400, 300));

        assert.ok(chooser.isMultiple());
        assert.deepEqual(await visitor.get('.tray li').count(), 2);
        const accept = await visitor.get('input[type=file]').getAttribute('accept');

        assert.match(accept, /image\/jpeg.*application\/pdf/);
        assert.doesNotMatch(accept, /hei[cf]/);
        assert.deepEqual(requests.filter(path => /\/files\.js$/.test(path)).length, 1, 'what this needs comes with the first');
        assert.deepEqual(await visitor.get('.tray canvas').evaluate(one => [one.width, one.height]), [300, 400], 'turned as it is seen');
        await visitor.sees('.notices [role=status]', '2 files are ready to be sent.');
        assert.deepEqual(await findBarriers(visitor.page), []);
        await takePicture(visitor.page, 'sending-chosen');
    });
    await t.test('and are there when one comes back to the conversation', async () => {
        await visitor.page.getByRole('button', { name: 'Back to the list' }).click();
        await visitor.get('.row').first().click();
        await visitor.sees('.tray', 'a.txt');
        assert.equal(await visitor.get('.tray li').count(), 2);
    });
    await t.test('right to left, where there is little room', async () => {
        await visitor.page.evaluate(() => { document.documentElement.dir = 'rtl'; });
        await look(visitor.page, LOOKS[1][1]);
        assert.ok(await fits(visitor.page));
        assert.ok(await visitor.get('.composer').evaluate(one => one.scrollWidth <= one.clientWidth));
        assert.ok(await visitor.get('textarea').evaluate(one => one.clientHeight < 50), 'what stands in the empty text is one line');
        assert.deepEqual(await findBarriers(visitor.page), []);
        await takePicture(visitor.page, 'sending-chosen-320-dark-rtl');
        await visitor.page.evaluate(() => document.documentElement.removeAttribute('dir'));
        await look(visitor.page, LOOKS.at(-2)[1]);
        await visitor.get('.panel:not(:modal)').waitFor();
    });
    await t.test('one is taken away with the keyboard, and the focus stays near', async () => {
        await visitor.get('.tray button').first().focus();
        await visitor.page.keyboard.press('Enter');
        await visitor.focuses('Remove photo.jpg');
        await visitor.page.keyboard.press('Space');
        await visitor.misses('.tray');
        await visitor.focuses('Write a message');
        assert.ok(await visitor.get('.send[aria-disabled]').isVisible());
    });
    await t.test('the text goes with the first', async () => {
        await visitor.get('textarea').fill('See these');
        await chooses(visitor, text('one.txt'), text('two.txt'), text('three.txt'));
        await visitor.get('textarea').press('Enter');
        await visitor.writes('And this');
        await arrived(visitor);
        assert.deepEqual((await messages()).slice(1).map(({ content, attachment }) => [attachment?.name ?? null, content]),
            [['one.txt', 'See these'], ['two.txt', ''], ['three.txt', ''], [null, 'And this']]);
        assert.equal(await visitor.get('textarea').inputValue(), '');
        assert.ok(await visitor.get('.tray').isHidden());
    });
    assert.deepEqual(visitor.complaints, []);
});

test('dropped anywhere on the thread', async () => {
    await drags(visitor, '.scroller', ['dragenter', 'dragover']);
    assert.ok(await visitor.get('.drop').isHidden(), 'text that is dragged is not a file');
    await drags(visitor, '.scroller', ['dragenter', 'dragover'], [text('x')]);
    await visitor.sees('.drop', 'Drop files here');
    await takePicture(visitor.page, 'sending-drop');
    await drags(visitor, '.drop', ['dragleave'], [text('x')]);
    await visitor.misses('.drop');
    await drags(visitor, '.scroller', ['dragenter', 'dragover', 'drop'], [{ name: 'dropped.txt', type: 'text/plain', content: 'Dropped.' }]);
    await visitor.misses('.drop');
    await visitor.sees('.tray', 'dropped.txt');
    await visitor.get('.send:not([aria-disabled])').waitFor();
    await sends(visitor);
    await arrived(visitor);
    assert.equal((await last()).attachment.name, 'dropped.txt');
});

test('pasted', async t => {
    await t.test('a picture', async () => {
        await pastes(visitor, [{ name: 'image.png', type: 'image/png', content: 'not really' }]);
        await visitor.sees('.tray', 'image.png');
        await visitor.get('.tray button').click();
    });
    await t.test('text with a picture of it is text', async () => {
        await pastes(visitor, [{ name: 'image.png', type: 'image/png', content: 'table' }], 'A\tB');
        assert.ok(await visitor.get('.tray').isHidden());
    });
    await t.test('a file, with its name as text', async () => {
        await pastes(visitor, [{ name: 'plan.txt', type: 'text/plain', content: 'The plan.' }], 'plan.txt');
        await visitor.sees('.tray', 'plan.txt');
        await sends(visitor);
        await arrived(visitor);
        assert.equal((await last()).attachment.name, 'plan.txt');
    });
});

test('on its way', async t => {
    const bar = visitor.page.getByRole('progressbar');

    await slowDown(visitor, SLOW);
    await t.test('it is seen how much has left', async () => {
        await visitor.get('textarea').fill('See this');
        await chooses(visitor, document_('slow.pdf', LONG), document_('next.pdf', 1000));
        await sends(visitor);
        await bar.first().waitFor();
        await waitFor(async () => Number(await bar.first().getAttribute('aria-valuenow')) > 0, 30);
        const percent = Number(await bar.first().getAttribute('aria-valuenow'));

        assert.ok(percent > 0 && percent < 100, `${percent} %`);
        assert.equal(await bar.first().getAttribute('aria-label'), 'Sending slow.pdf');
        assert.deepEqual(await visitor.get('.pending .upload-foot span').allTextContents(), ['Sending…', 'Waiting…']);
        assert.deepEqual(await findBarriers(visitor.page), []);
    });
    await t.test('in every look', async () => {
        for (const [name, settings] of LOOKS.slice(0, 2)) {
            await look(visitor.page, settings);
            assert.ok(await fits(visitor.page), name);
            await takePicture(visitor.page, `sending-${name}`);
            assert.deepEqual(await findBarriers(visitor.page), [], name);
        }
        await look(visitor.page, LOOKS.at(-2)[1]);
        await visitor.get('.panel:not(:modal)').waitFor(); // which moves the focus
    });
    await t.test('whoever leaves the page is asked', async () => {
        const dialogs = [];

        visitor.page.once('dialog', dialog => { dialogs.push(dialog.type()); dialog.dismiss(); });
        await visitor.page.close({ runBeforeUnload: true });
        await waitFor(() => dialogs.length > 0, 15);
        assert.deepEqual(dialogs, ['beforeunload']);
    });
    await t.test('cancelled, it leaves no message, and its text is where one writes; the next one goes', async () => {
        const button = visitor.page.getByRole('button', { name: 'Cancel sending slow.pdf' });

        await button.focus();
        await visitor.focuses('Cancel sending slow.pdf');
        await visitor.page.keyboard.press('Enter');
        await button.waitFor({ state: 'detached' });
        await visitor.focuses('Write a message');
        assert.equal(await visitor.get('textarea').inputValue(), 'See this');
        await visitor.get('textarea').fill('');
        await slowDown(visitor, 0);
        await arrived(visitor);
        assert.equal((await last()).attachment.name, 'next.pdf');
        assert.ok((await messages()).every(({ attachment, content }) => attachment?.name !== 'slow.pdf' && content !== 'See this'));
    });
});

test('a connection that is lost in the middle: it is there once', async () => {
    await slowDown(visitor, SLOW);
    await chooses(visitor, document_('long.pdf', LONG));
    await sends(visitor);
    const bar = visitor.page.getByRole('progressbar');

    await waitFor(async () => Number(await bar.getAttribute('aria-valuenow')) > 0, 30);
    await visitor.writes('After the file');
    network.cut();
    await visitor.sees('.upload-foot', 'Will be sent when you are connected');
    await takePicture(visitor.page, 'sending-offline');
    await slowDown(visitor, 0);
    network.mend();
    await arrived(visitor);
    const sent = (await uploads(visitor)).filter(({ name }) => name === 'long.pdf');

    assert.ok(sent.length >= 2);
    assert.equal(new Set(sent.map(({ clientId }) => clientId)).size, 1);
    assert.deepEqual((await messages()).slice(-2).map(({ content, attachment }) => attachment?.name ?? content), ['long.pdf', 'After the file']);
    assert.equal((await messages()).filter(({ attachment }) => attachment?.name === 'long.pdf').length, 1);
});

test('pictures', async t => {
    const large = await photo(visitor.page, 4000, 3000);

    await t.test('are made smaller, and are not turned; where they were made is not told', async () => {
        await chooses(visitor, large);
        await slowDown(visitor, 1000);
        await sends(visitor);
        const before = await visitor.get('.upload-picture').boundingBox();

        await takePicture(visitor.page, 'sending-picture');
        await slowDown(visitor, 0);
        await arrived(visitor);
        const after = await visitor.get('.picture').last().boundingBox();
        const { attachment } = await last();

        assert.ok(Math.abs(before.height - 260) <= 2 && Math.abs(before.width - 195) <= 2, JSON.stringify(before));
        assert.deepEqual([after.width, after.height].map(Math.round), [before.width, before.height].map(Math.round), 'it is as large then');

        assert.deepEqual([attachment.width, attachment.height, attachment.content_type], [1536, 2048, 'image/jpeg']);
        assert.deepEqual(await coloursOf(visitor.page, attachment.url, [[0.8, 0.2], [0.2, 0.2], [0.2, 0.8]]), ['red', 'green', 'green']);
        assert.equal((await uploads(visitor)).at(-1).hasPlace, false);
    });
    await t.test('that are small enough are sent as they are', async () => {
        const small = await photo(visitor.page, 400, 300);

        await chooses(visitor, small);
        await sends(visitor);
        await arrived(visitor);
        const { size, hasPlace } = (await uploads(visitor)).at(-1);

        assert.deepEqual([size, hasPlace], [small.buffer.length, true]);
        assert.deepEqual([(await last()).attachment.width, (await last()).attachment.height], [300, 400]);
    });
    await t.test('are shown in full, and messages are searched for, as where no file was sent', async () => {
        const height = async selector => (await visitor.get(selector).boundingBox()).height;

        await visitor.get('.picture').last().click();
        await visitor.get('.viewer').waitFor();
        assert.ok(await height('.viewer .bar') >= await height('.viewer .leave'), 'the buttons over a picture');
        await visitor.page.keyboard.press('Escape');
        await visitor.page.getByRole('button', { name: 'Search in this conversation' }).click();
        await visitor.get('.searching input').waitFor();
        assert.ok(await height('.searching .bar') > await height('.searching input'), 'the words that are searched for');
        await visitor.page.getByRole('button', { name: 'Back to the list' }).click();
        await visitor.get('textarea').waitFor();
    });
    await t.test('or where the page says so', async () => {
        await visitor.page.evaluate(() => document.querySelector('chat-widget').setAttribute('no-scaling', ''));
        await chooses(visitor, large);
        await sends(visitor);
        await arrived(visitor);
        assert.equal((await uploads(visitor)).at(-1).size, large.buffer.length);
        assert.deepEqual([(await last()).attachment.width, (await last()).attachment.height], [3000, 4000]);
        await visitor.page.evaluate(() => document.querySelector('chat-widget').removeAttribute('no-scaling'));
    });
});

test('what is refused', async t => {
    const failure = visitor.get('.failed');
    const drop = async () => {
        await visitor.page.getByRole('button', { name: /^Delete the unsent message/ }).click();
        await visitor.misses('.failed');
    };

    await t.test('by the server, for its type', async () => {
        await visitor.get('textarea').fill('What is this?');
        await chooses(visitor, { name: 'page.html', mimeType: 'text/html', buffer: Buffer.from('<!DOCTYPE html><html><body><script>alert(1)</script></body></html>') });
        await sends(visitor);
        await visitor.sees('.failed', 'Files of this type cannot be sent.');
        assert.equal(await failure.getByRole('button', { name: /^Try again/ }).count(), 0, 'again would be of no use');
        assert.match(await visitor.get('.notices [role=status]').textContent(), /Files of this type/);
        assert.deepEqual(await findBarriers(visitor.page), []);
        await takePicture(visitor.page, 'sending-refused');
        await failure.getByRole('button', { name: /^Edit/ }).click();
        assert.equal(await visitor.get('textarea').inputValue(), 'What is this?', 'the text can be sent without it');
        await visitor.get('textarea').fill('');
    });
    await t.test('before it is sent: empty, which keeps out none that came with it', async () => {
        await drags(visitor, '.scroller', ['drop'], ['a', '', 'c'].map((content, i) => ({ name: `${i}.txt`, type: 'text/plain', content })));
        await visitor.sees('.notice', '1.txt: The file is empty.');
        assert.deepEqual(await visitor.get('.tray bdi').allTextContents(), ['0.txt', '2.txt']);
        await visitor.get('.tray button').first().click();
        await visitor.get('.tray button').first().click();
    });
    await t.test('or too large', async () => {
        await visitor.get('.scroller').evaluate(target => {
            const dataTransfer = new DataTransfer();

            dataTransfer.items.add(new File([new Uint8Array(10485761)], 'huge.pdf', { type: 'application/pdf' }));
            target.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, composed: true, cancelable: true }));
        });
        await visitor.sees('.notice', /huge\.pdf: The file is too large: it may have at most 10\sMB\./);
        assert.ok(await visitor.get('.tray').isHidden());
        await visitor.page.getByRole('button', { name: 'Close this notice' }).click();
    });
    for (const [status, code, headers, words] of [
        [422, 'file_infected', {}, 'contains malware'],
        [503, 'scanner_away', { 'Retry-After': '30' }, 'cannot be checked for malware just now'],
        [429, 'quota', { 'Retry-After': '3600' }, 'You can go on in 60 minutes'],
        [507, 'storage_full', {}, 'no room for files'],
        [413, 'file_too_large', {}, /at most 10\sMB/],
    ])
        await t.test(code, async () => {
            await visitor.page.route('**/messages/', route => route.fulfill({
                status, headers, contentType: 'application/problem+json', body: JSON.stringify({ status, code, title: 'No', detail: 'No.', error: 'No.' }),
            }));
            await chooses(visitor, text('a.txt'));
            await sends(visitor);
            await visitor.sees('.failed', words);
            await visitor.page.unroute('**/messages/');
            await drop();
        });
    await t.test('a busy server is waited for', async () => {
        let asked = 0;

        await visitor.page.route('**/messages/', route => asked++ === 0 ? route.fulfill({
            status: 503, headers: { 'Retry-After': '1' }, contentType: 'application/problem+json', body: JSON.stringify({ status: 503, code: 'uploads_busy', detail: 'No.' }),
        }) : route.continue());
        await chooses(visitor, text('busy.txt'));
        await sends(visitor);
        await arrived(visitor);
        await visitor.page.unroute('**/messages/');
        assert.equal((await last()).attachment.name, 'busy.txt');
        assert.equal(asked, 2);
    });
    await t.test('where no files are accepted after all, the clip goes', async () => {
        await visitor.page.route('**/messages/', route => route.fulfill({
            status: 415, contentType: 'application/problem+json', body: JSON.stringify({ status: 415, code: 'unsupported_media_type', detail: 'No.' }),
        }));
        await chooses(visitor, text('off.txt'));
        await sends(visitor);
        await visitor.sees('.failed', 'Files cannot be sent in this chat.');
        await visitor.misses('.clip');
        await visitor.page.unroute('**/messages/');
    });
    assert.deepEqual(visitor.complaints, []);
});

test('a server that says so has no clip', async () => {
    const other = await arrive(nils, { prepare: page => page.routeWebSocket(/\/ws\//, socket => {
        const server = socket.connectToServer();

        server.onMessage(frame => socket.send(frame.replace(/"attachments":\{[^}]*\}/, '"attachments":null')));
    }) });

    await other.opensChurch(church);
    assert.ok(await other.get('.clip').isHidden());
    await drags(other, '.scroller', ['dragenter', 'dragover'], [text('x')]);
    assert.ok(await other.get('.drop').isHidden());
    assert.deepEqual(other.complaints, []);
    await other.leave();
});

test('staff, in the inbox', async () => {
    staff = await arrive(lena, { path: '/inbox.html', element: 'chat-inbox' });
    await staff.get('.row').first().click();
    await staff.get('textarea').waitFor();
    await chooses(staff, await photo(staff.page, 4000, 3000));
    await staff.get('textarea').fill('For you');
    await staff.get('textarea').press('Enter');
    await arrived(staff);
    const { content, attachment, sender_name: sender } = await last();

    assert.deepEqual([content, attachment.width, attachment.height, sender], ['For you', 1536, 2048, (await last()).sender_name]);
    assert.equal((await uploads(staff)).length, 1);
    assert.deepEqual(await findBarriers(staff.page), []);
});

test('two elements with the same conversation: both show it as well', async () => {
    await slowDown(staff, SLOW);
    await chooses(staff, document_('both.pdf', LONG));
    await sends(staff);
    await staff.page.evaluate(id => {
        const other = Object.assign(document.createElement('chat-inbox'), { id: 'other' });

        other.setAttribute('conversation', id);
        document.body.append(other);
    }, id);
    const looks = await Promise.all(['chat-inbox:not(#other)', '#other'].map(element => staff.page.locator(`${element} [role=progressbar]`)
        .evaluate(one => [one, one.firstElementChild, one.parentNode].map(part => {
            const { display, blockSize, backgroundColor, fontSize } = getComputedStyle(part);

            return [display, blockSize, backgroundColor, fontSize];
        }))));

    assert.equal(looks[0][0][1], '6px');
    assert.deepEqual(looks[1], looks[0]);
    await slowDown(staff, 0);
    await staff.page.locator('chat-inbox:not(#other) .line.pending').waitFor({ state: 'detached' });
    await staff.page.locator('#other .line.pending').waitFor({ state: 'detached' });
    assert.deepEqual(staff.complaints, []);
});
