// Pictures to send: PNG of one colour.
import * as zlib from 'node:zlib';

const table = Uint32Array.from({ length: 256 }, (_, n) => {
    for (let i = 0; i < 8; i++)
        n = n & 1 ? 0xedb88320 ^ n >>> 1 : n >>> 1;
    return n;
});
const crcOf = zlib.crc32 ?? (bytes => ~bytes.reduce((crc, byte) => table[(crc ^ byte) & 255] ^ crc >>> 8, -1) >>> 0); // newer Node.js has one

function chunk(type, data) {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, crc] = [Buffer.alloc(4), Buffer.alloc(4)];

    length.writeUInt32BE(data.length);
    crc.writeUInt32BE(crcOf(body));
    return Buffer.concat([length, body, crc]);
}

/** `colour`: [red, green, blue]. */
export function png(width, height, colour = [37, 88, 211]) {
    const header = Buffer.alloc(13);
    const line = Buffer.concat([Buffer.from([0]), ...Array(width).fill(Buffer.from(colour))]);

    header.writeUInt32BE(width, 0);
    header.writeUInt32BE(height, 4);
    header.set([8, 2], 8); // RGB, 8 bits each
    return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), chunk('IHDR', header),
        chunk('IDAT', zlib.deflateSync(Buffer.concat(Array(height).fill(line)))), chunk('IEND', Buffer.alloc(0))]);
}
