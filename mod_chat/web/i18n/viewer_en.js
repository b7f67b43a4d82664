/** @file viewer_en.js What only the view of pictures in full says (thread/picture_viewer.js), in English. */
export const TEXTS = {
    viewerClose: 'Close the picture',
    viewerSave: 'Download {name}',
    viewerBefore: 'Previous picture',
    viewerAfter: 'Next picture',
    viewerPlace: '{n} of {count}',
    viewerAt: 'Picture {n} of {count}: {name}',
};
