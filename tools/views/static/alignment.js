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

    // What an element speaks of: an atom of one of the molecules, or phrases; null where it is neither.
    #at(element) {
      const target = element.closest('.target');
      if (target) return { molecule: this.#molecule(target), atom: Number(target.classList[1].slice(5)) };
      const holder = element.closest('[data-n]');
      return holder && { phrases: numbers(holder) };
    }

    // Which molecule a drawing, an atom or a place belongs to; most often there is but one.
    #molecule(element) { return element.closest('[data-molecule]')?.dataset.molecule ?? '0'; }

    #phrasesOf({ molecule, atom }) {
      return [...this.querySelectorAll('[data-atoms]')]
        .filter(row => this.#molecule(row) === molecule && row.dataset.atoms.split(' ').includes(String(atom)))
        .flatMap(numbers);
    }

    #show(what) {
      const phrases = new Set(what === null ? [] : what.phrases ?? this.#phrasesOf(what));
      const lit = element => phrases.has(element.dataset.key);
      const groups = [...this.querySelectorAll('.phrase')];
      for (const group of groups) group.classList.toggle('lit', lit(group));
      // Where nothing that is lit has a halo, the halos stay as they are.
      this.firstElementChild.classList.toggle('lighting', groups.some(lit));
      for (const element of this.querySelectorAll('[data-n]'))
        element.classList.toggle('lit', numbers(element).some(n => phrases.has(n)));
      const places = what?.phrases ? [...this.querySelectorAll('[data-atoms].lit')] : [];
      for (const drawing of this.querySelectorAll('.drawing')) {
        const molecule = this.#molecule(drawing);
        const atoms = new Set(places.filter(place => this.#molecule(place) === molecule)
          .flatMap(place => place.dataset.atoms.split(' ').map(Number)));
        for (const [atom, target] of [...drawing.querySelectorAll('.target')].entries()) {
          target.classList.toggle('lit', atoms.has(atom));
          target.classList.toggle('pointed', atom === what?.atom && molecule === what.molecule);
        }
      }
      const status = this.querySelector('.status');
      if (status) status.textContent = what === null ? '' : this.#say(what, phrases);
    }

    #say(what, phrases) {
      const names = [...this.querySelectorAll('li')].filter(row => phrases.has(row.dataset.n))
        .map(row => row.querySelector('.name').textContent).join(', ');
      if (what.atom === undefined) return names;
      const drawing = [...this.querySelectorAll('.drawing')].find(each => this.#molecule(each) === what.molecule);
      const symbol = drawing.dataset.symbols.split(' ')[what.atom];
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
      const drawing = event.target;
      const targets = drawing.querySelectorAll('.target');
      const molecule = this.#molecule(drawing);
      if (this.#held?.molecule !== molecule) this.#atom = -1;
      const last = targets.length - 1;
      const next = {
        ArrowRight: this.#atom + 1, ArrowDown: this.#atom + 1, ArrowLeft: this.#atom - 1, ArrowUp: this.#atom - 1,
        Home: 0, End: last,
      }[event.key];
      if (next === undefined) return;
      event.preventDefault();
      this.#atom = next > last ? 0 : next < 0 ? last : next;
      this.#held = { molecule, atom: this.#atom };
      this.#show(this.#held);
      targets[this.#atom].scrollIntoView({ block: 'nearest', inline: 'nearest' });
    }
  }

  customElements.define('molreflect-alignment', Alignment);
})();
