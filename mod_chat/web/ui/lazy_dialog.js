/**
 * @file lazy_dialog.js
 * A dialog (frame.js) whose content is a panel that is loaded when the page has time for it, or at the first use. It opens
 * at the first click all the same, says that the rest is on its way, or that it has not come, and tries again.
 *
 *     const dialog = new LazyDialog({ frame, load: () => import(…), build: module => new module.Panel(…) });
 *     dialog.show(panel => panel.open());
 */
export class LazyDialog {
    #frame;
    #load;
    #build;
    #onFailure;
    #panel = null;
    #loading = null; // a promise of the panel
    #isRemoved = false;

    /** `load()`: a promise of the module; `build(module)`: the panel, {remove()}, in the frame; `onFailure(error)`: it was
     * wanted, and has not come. */
    constructor({ frame, load, build, onFailure = () => {} }) {
        this.#frame = frame;
        this.#load = load;
        this.#build = build;
        this.#onFailure = onFailure;
    }

    /** Null: it is not there yet. */
    get panel() {
        return this.#panel;
    }

    /** The dialog at once, and in it what `use(panel)` brings when the panel is there. */
    async show(use, { isFocused = true } = {}) {
        this.#frame.open({ isFocused });
        if (!this.#panel)
            this.#frame.showLoading();
        try {
            const panel = await this.load();

            if (panel && this.#frame.isOpen)
                use(panel);
        } catch (error) {
            this.#frame.showFailure(() => this.show(use));
            this.#onFailure(error);
        }
    }

    /** The panel, built once; null: the dialog was removed meanwhile. Rejected where it does not come; the next call tries
     * again. */
    async load() {
        this.#loading ??= this.#make();
        try {
            return await this.#loading;
        } catch (error) {
            this.#loading = null;
            throw error;
        }
    }

    /** For good. */
    remove() {
        this.#isRemoved = true;
        this.#panel?.remove();
        this.#panel = null;
        this.#frame.remove();
    }

    async #make() {
        const module = await this.#load();

        if (!this.#isRemoved)
            this.#panel = this.#build(module);
        return this.#panel;
    }
}
