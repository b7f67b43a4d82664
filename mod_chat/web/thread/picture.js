/**
 * @file picture.js
 * Pictures before they are sent: how large they are, what they look like in small, and a copy with at most SIDE_MAX
 * pixels a side, which has no metadata.
 *
 * All sizes are those of the picture as it is shown, turned as its EXIF says. One is decoded at a time, so that many do
 * not take the memory of a phone. Previews are drawn, and need no blob: in the policy of a page.
 */
const SIDE_MAX = 2048;
const PREVIEW_SIDE_MAX = 520; // two device pixels for each of a picture in the thread
const QUALITY = 0.9;
const SHOWN = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp']);
const SCALED = new Set(['image/jpeg', 'image/png', 'image/webp']); // not GIF, which moves
const PNG = '\x89PNG\r\n\x1a\n';
const PNG_CHUNKS_MAX = 256; // before its pixels; most have a few
const WEBP_HEAD_BYTES = 21;
const WEBP_MOVES = 2; // a bit of the flags (WebP Container Specification, Extended File Format)

let last = Promise.resolve();

/** {width, height, preview}, an ImageBitmap to be closed; null: it is not a picture that pages show. */
export function readPicture(file) {
    return SHOWN.has(file.type) ? inTurn(() => decoded(file, makePreview)) : Promise.resolve(null);
}

/** Whether a picture of this type is made smaller where it is large. */
export function isScaled({ type }) {
    return SCALED.has(type);
}

/** A smaller copy of the same type; the file itself where it is small enough, moves, or cannot be made smaller here: what was
 * compressed better than a browser does can have fewer bytes than a copy with fewer pixels. */
export async function scalePicture(file) {
    if (!isScaled(file) || await isMoving(file))
        return file;
    return await inTurn(() => decoded(file, bitmap => makeCopy(bitmap, file))) ?? file;
}

function inTurn(run) {
    const done = last.then(run);

    last = done.catch(() => {});
    return done;
}

/* What `use` makes of it; null: it cannot be decoded. */
async function decoded(file, use) {
    let bitmap;

    try {
        bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' })
            .catch(() => createImageBitmap(file)); // browsers that do not know this word turn it by themselves
    } catch {
        return null;
    }
    try {
        return await use(bitmap);
    } catch {
        return null;
    } finally {
        bitmap.close();
    }
}

async function makePreview(bitmap) {
    const { width, height } = bitmap;
    const [resizeWidth, resizeHeight] = fitted(bitmap, PREVIEW_SIDE_MAX);

    return { width, height, preview: await createImageBitmap(bitmap, { resizeWidth, resizeHeight, resizeQuality: 'medium' }) };
}

async function makeCopy(bitmap, { type, size }) {
    const [width, height] = fitted(bitmap, SIDE_MAX);
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    const context = canvas.getContext('2d');

    if (width === bitmap.width)
        return null;
    context.imageSmoothingQuality = 'high';
    context.drawImage(bitmap, 0, 0, width, height);
    const blob = await new Promise(resolve => canvas.toBlob(resolve, type, QUALITY));

    canvas.width = canvas.height = 0; // some browsers keep its memory for a while
    return blob?.type === type && blob.size < size ? blob : null; // not all browsers write all types
}

/* The same shape, with at most `most` pixels a side. */
function fitted({ width, height }, most) {
    const scale = Math.min(1, most / Math.max(width, height));

    return [width, height].map(side => Math.max(1, Math.round(side * scale)));
}

/* Only its head tells: a browser decodes the first picture. */
async function isMoving(file) {
    const head = await textAt(file, 0, WEBP_HEAD_BYTES);

    if (head.startsWith('RIFF') && head.startsWith('WEBPVP8X', 8))
        return (head.charCodeAt(20) & WEBP_MOVES) !== 0;
    return head.startsWith(PNG) && isMovingPng(file);
}

/* Chunk by chunk, as metadata before acTL, which comes before the pixels, may be long (PNG Specification, 5.3 and 11.3.6). */
async function isMovingPng(file) {
    for (let i = 0, at = PNG.length; i < PNG_CHUNKS_MAX; i++) {
        const chunk = await textAt(file, at, 8);
        const type = chunk.slice(4);

        if (type === 'acTL' || type === 'IDAT' || type.length < 4)
            return type === 'acTL';
        at += 12 + [0, 1, 2, 3].reduce((length, j) => length * 256 + chunk.charCodeAt(j), 0);
    }
    return true; // then it is better not changed
}

/* A character for each byte; '' for what cannot be read. */
async function textAt(file, at, length) {
    const bytes = await file.slice(at, at + length).arrayBuffer().catch(() => new ArrayBuffer(0));

    return String.fromCharCode(...new Uint8Array(bytes));
}
