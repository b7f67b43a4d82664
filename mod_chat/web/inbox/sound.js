/**
 * @file sound.js
 * A short sound for a new message: two tones, computed (Web Audio API), so that there is no file to load. Browsers let
 * a page be heard only after its visitor has done something on it; before that, it is silent, and not late either.
 */
const TONES = [[660, 0], [880, 0.12]]; // Hz, and seconds after the beginning
const TONE_S = 0.25;
const LOUDNESS = 0.12;
const START_MS = 500; // later than that, nobody knows what it is for

export class Sound {
    #context = null;
    #unlock = () => this.#wake();

    constructor() {
        for (const type of ['pointerdown', 'keydown'])
            document.addEventListener(type, this.#unlock, { once: true, capture: true });
    }

    async play() {
        const context = this.#wake();
        const asked = performance.now();

        await context?.resume().catch(() => {});
        if (context?.state === 'running' && performance.now() - asked < START_MS)
            for (const [pitch, at] of TONES)
                tone(context, pitch, context.currentTime + at);
    }

    close() {
        for (const type of ['pointerdown', 'keydown'])
            document.removeEventListener(type, this.#unlock, { capture: true });
        this.#context?.close();
        this.#context = null;
    }

    #wake() {
        if (navigator.userActivation && !navigator.userActivation.hasBeenActive)
            return null;
        this.#context ??= new AudioContext();
        if (this.#context.state === 'suspended')
            this.#context.resume().catch(() => {});
        return this.#context;
    }
}

function tone(context, pitch, begin_s) {
    const oscillator = new OscillatorNode(context, { type: 'sine', frequency: pitch });
    const gain = new GainNode(context, { gain: 0 });

    gain.gain.setValueAtTime(0, begin_s);
    gain.gain.linearRampToValueAtTime(LOUDNESS, begin_s + 0.01);
    gain.gain.exponentialRampToValueAtTime(0.0001, begin_s + TONE_S);
    oscillator.connect(gain).connect(context.destination);
    oscillator.start(begin_s);
    oscillator.stop(begin_s + TONE_S);
}
