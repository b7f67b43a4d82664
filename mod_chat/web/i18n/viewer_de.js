/** @file viewer_de.js What only the view of pictures in full says, in German. */
export const TEXTS = {
    viewerClose: 'Bild schließen',
    viewerSave: '{name} herunterladen',
    viewerBefore: 'Voriges Bild',
    viewerAfter: 'Nächstes Bild',
    viewerPlace: '{n} von {count}',
    viewerAt: 'Bild {n} von {count}: {name}',
};
