'use strict';
// <molreflect-review>: one alignment to decide on, by pointer and by keyboard. What is chosen is verified at once.
(() => {
  const TYPED = 300; // milliseconds without a key after which a pattern is verified

  class Review extends HTMLElement {
    #form = null;
    #turn = 0;       // of the latest question: what an earlier one brings late is dropped
    #waiting = 0;
    #atoms = new Set();

    connectedCallback() {
      this.#form = this.querySelector('#decision');
      const { atoms } = this.#form.elements;
      this.#atoms = new Set((atoms?.value ?? '').split(' ').filter(Boolean).map(Number));
      this.#form.addEventListener('change', event => {
        if (event.target.name === 'choice') this.#check();
      });
      this.#form.addEventListener('input', event => {
        if (event.target.name !== 'pattern') return;
        this.#choose('own', false);
        clearTimeout(this.#waiting);
        this.#waiting = setTimeout(() => this.#check(), TYPED);
      });
      this.addEventListener('click', event => {
        const target = event.target.closest('.target');
        if (target) this.#toggle(target);
      });
      document.addEventListener('keydown', event => this.#key(event));
      this.#mark();
      if (!['accept', 'reject'].includes(this.#chosen()?.value)) this.#check();
      this.dataset.ready = 'yes'; // keys are heard from now on
    }

    #chosen() { return this.#form.querySelector('[name=choice]:checked'); }

    #choose(value, ask = true) {
      const radio = [...this.#form.querySelectorAll('[name=choice]')].find(each => each.value === value);
      if (!radio) return false;
      radio.checked = true;
      if (ask) this.#check();
      return true;
    }

    #targets() { return [...this.querySelectorAll('.target')]; }

    #toggle(target) {
      if (!this.#form.elements.atoms) return;
      const atom = Number(target.classList[1].slice(5));
      if (!this.#atoms.delete(atom)) this.#atoms.add(atom);
      this.#form.elements.atoms.value = [...this.#atoms].sort((a, b) => a - b).join(' ');
      this.#mark();
      this.#choose('atoms');
    }

    // Shows which atoms are chosen.
    #mark() {
      const symbols = this.querySelector('.drawing')?.dataset.symbols.split(' ') ?? [];
      for (const [atom, target] of this.#targets().entries()) target.classList.toggle('chosen', this.#atoms.has(atom));
      const said = this.querySelector('.chosen-atoms');
      if (said) said.textContent = [...this.#atoms].sort((a, b) => a - b).map(a => `${symbols[a]} ${a}`).join(', ');
    }

    // Asks the verifier what it says of what is chosen, and lights the atoms that it found.
    async #check() {
      const own = ++this.#turn;
      const answer = this.querySelector('.checked');
      const choice = this.#chosen()?.value;
      clearTimeout(this.#waiting);
      this.#light([]);
      const { pattern } = this.#form.elements;
      if (!choice || choice === 'accept' || choice === 'reject' || (choice === 'own' && !pattern.value.trim())) {
        answer.replaceChildren();
        return;
      }
      answer.setAttribute('aria-busy', 'true');
      let html = null;
      try {
        const response = await fetch(this.dataset.check, {
          method: 'POST', body: new URLSearchParams(new FormData(this.#form)),
        });
        if (response.ok) html = await response.text();
      } catch { /* said below */ }
      if (own !== this.#turn) return;
      answer.removeAttribute('aria-busy');
      if (html === null) {
        answer.textContent = 'The server does not answer; what you decide cannot be kept now.';
        return;
      }
      answer.innerHTML = html;
      const found = answer.querySelector('.lights')?.dataset.atoms ?? '';
      this.#light(found.split(' ').filter(Boolean).map(Number));
    }

    #light(atoms) {
      const lit = new Set(atoms);
      for (const [atom, target] of this.#targets().entries()) target.classList.toggle('proposed', lit.has(atom));
    }

    #key(event) {
      if (document.querySelector('dialog[open]')) return;
      if ((event.ctrlKey || event.metaKey) && event.key === 'Enter') {
        event.preventDefault();
        this.#form.requestSubmit();
        return;
      }
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      const { target, key } = event;
      if (target.matches('textarea, select, input:not([type=radio], [type=checkbox])')) return;
      if (target.matches('.drawing')) {
        const pointed = target.querySelector('.target.pointed');
        if ((key === ' ' || key === 'Enter') && pointed) {
          event.preventDefault();
          this.#toggle(pointed);
        }
        if (key !== 'Escape' && (key === ' ' || key.startsWith('Arrow'))) return;
        if (key === 'Escape') target.blur();
      }
      if (/^[1-9]$/.test(key)) this.#pick(Number(key));
      else this.#act(key, event);
    }

    // 1 is the alignment as it stands, 9 rejects, and what is between takes another pattern.
    #pick(number) {
      if (number === 1) this.#choose('accept');
      else if (number === 9) this.#choose('reject');
      else {
        const others = [...this.#form.querySelectorAll('[name=choice]')].filter(each => each.value.startsWith('pattern:'));
        const radio = others[number - 2];
        if (radio) this.#choose(radio.value);
      }
    }

    #act(key, event) {
      const does = {
        p: () => this.#form.elements.pattern?.focus(),
        a: () => this.querySelector('.drawing')?.focus(),
        t: () => this.#form.elements.teaches?.click(),
        u: () => this.querySelector('#undo').requestSubmit(),
        ArrowLeft: () => this.querySelector('.walk [rel=prev]')?.click(),
        ArrowRight: () => this.querySelector('.walk [rel=next]')?.click(),
      }[key];
      if (!does) return;
      event.preventDefault();
      does();
    }
  }

  customElements.define('molreflect-review', Review);
})();
