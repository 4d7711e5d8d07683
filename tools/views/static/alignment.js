'use strict';
// <molreflect-alignment>: phrases, rows and atoms light each other up, by pointer and by keyboard.
// The element holds ready-made HTML (templates/alignment.html); this adds nothing to it but classes and a status line.
(() => {
  if (customElements.get('molreflect-alignment')) return;

  const numbers = element => (element.dataset.n ?? '').split(' ').filter(Boolean);

  class Alignment extends HTMLElement {
    #held = null;    // what has the focus
    #pinned = null;  // what was clicked on
    #atom = -1;      // where the arrow keys are

    connectedCallback() {
      if (this.dataset.ready) return;
      this.dataset.ready = 'yes';
      this.addEventListener('pointerover', event => this.#show(this.#at(event.target) ?? this.#rest()));
      this.addEventListener('pointerleave', () => this.#show(this.#rest()));
      this.addEventListener('focusin', event => {
        this.#held = this.#at(event.target);
        this.#show(this.#held ?? this.#rest());
      });
      this.addEventListener('focusout', () => {
        this.#held = null;
        this.#show(this.#rest());
      });
      this.addEventListener('click', event => this.#click(event.target));
      this.addEventListener('keydown', event => this.#key(event));
    }

    #rest() { return this.#held ?? this.#pinned; }

    // What an element speaks of: an atom, or phrases; null where it is neither.
    #at(element) {
      const target = element.closest('.target');
      if (target) return { atom: Number(target.classList[1].slice(5)) };
      const holder = element.closest('[data-n]');
      return holder && { phrases: numbers(holder) };
    }

    #phrasesOf(atom) {
      return [...this.querySelectorAll('li[data-atoms]')]
        .filter(row => row.dataset.atoms.split(' ').includes(String(atom))).flatMap(numbers);
    }

    #show(what) {
      const phrases = new Set(what === null ? [] : what.phrases ?? this.#phrasesOf(what.atom));
      const lit = element => phrases.has(element.dataset.key);
      const groups = [...this.querySelectorAll('.phrase')];
      for (const group of groups) group.classList.toggle('lit', lit(group));
      // Where nothing that is lit has a halo, the halos stay as they are.
      this.firstElementChild.classList.toggle('lighting', groups.some(lit));
      for (const element of this.querySelectorAll('[data-n]'))
        element.classList.toggle('lit', numbers(element).some(n => phrases.has(n)));
      const atoms = new Set();
      if (what?.phrases)
        for (const row of this.querySelectorAll('li[data-atoms].lit'))
          for (const atom of row.dataset.atoms.split(' ')) atoms.add(Number(atom));
      for (const [atom, target] of [...this.querySelectorAll('.target')].entries()) {
        target.classList.toggle('lit', atoms.has(atom));
        target.classList.toggle('pointed', atom === what?.atom);
      }
      const status = this.querySelector('.status');
      if (status) status.textContent = what === null ? '' : this.#say(what, phrases);
    }

    #say(what, phrases) {
      const names = [...this.querySelectorAll('li')].filter(row => phrases.has(row.dataset.n))
        .map(row => row.querySelector('.name').textContent).join(', ');
      if (what.atom === undefined) return names;
      const symbol = this.querySelector('.drawing').dataset.symbols.split(' ')[what.atom];
      return `${symbol}, atom ${what.atom}: ${names || 'no phrase'}`;
    }

    // A click holds what is lit until the next one, for those who cannot hover.
    #click(element) {
      const what = element.closest('li') ? null : this.#at(element);
      const same = what !== null && JSON.stringify(what) === JSON.stringify(this.#pinned);
      this.#pinned = same ? null : what;
      const pressed = this.#pinned?.phrases?.join(' ');
      for (const mark of this.querySelectorAll('mark[aria-pressed]'))
        mark.setAttribute('aria-pressed', String(mark.dataset.n === pressed));
      this.#show(this.#at(element) ?? this.#rest());
    }

    #key(event) {
      const mark = event.target.closest('mark');
      if (mark && (event.key === 'Enter' || event.key === ' ')) {
        event.preventDefault();
        this.#click(mark);
      } else if (event.key === 'Escape') {
        this.#pinned = this.#held = null;
        this.#atom = -1;
        this.#click(this);
      } else if (event.target.matches('.drawing')) {
        this.#step(event);
      }
    }

    #step(event) {
      const targets = this.querySelectorAll('.target');
      const last = targets.length - 1;
      const next = {
        ArrowRight: this.#atom + 1, ArrowDown: this.#atom + 1, ArrowLeft: this.#atom - 1, ArrowUp: this.#atom - 1,
        Home: 0, End: last,
      }[event.key];
      if (next === undefined) return;
      event.preventDefault();
      this.#atom = next > last ? 0 : next < 0 ? last : next;
      this.#held = { atom: this.#atom };
      this.#show(this.#held);
      targets[this.#atom].scrollIntoView({ block: 'nearest', inline: 'nearest' });
    }
  }

  customElements.define('molreflect-alignment', Alignment);
})();
