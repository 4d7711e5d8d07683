'use strict';
// <molreflect-conversation>: sends questions, and puts what the server tells where it belongs. What is sent twice, as
// after a lost connection, is asked once: the page names each question by a key of its own.
(() => {
  class Conversation extends HTMLElement {
    #stream = null;
    #waits = false; // whether a question stays in the box until another tab's answer has ended

    connectedCallback() {
      this.form = this.querySelector('form.composer');
      this.box = this.querySelector('textarea');
      this.turns = this.querySelector('.turns');
      this.form.addEventListener('submit', event => {
        event.preventDefault();
        this.#ask();
      });
      this.box.addEventListener('keydown', event => {
        if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        this.form.requestSubmit();
      });
      this.querySelector('.stop').addEventListener('click', () => this.#stop());
      this.addEventListener('keydown', event => {
        if (event.key === 'Escape' && this.#going() && !event.target.closest('molreflect-alignment')) this.#stop();
      });
      for (const example of this.querySelectorAll('.example'))
        example.addEventListener('click', () => {
          this.box.value = example.textContent;
          this.form.requestSubmit();
        });
      window.addEventListener('pagehide', () => this.#stream?.close());
      window.addEventListener('pageshow', event => event.persisted && this.#follow());
      if (this.#going()) this.#follow();
      else if (location.hash) document.querySelector(location.hash)?.scrollIntoView();
      else this.turns.lastElementChild?.scrollIntoView({ block: 'start' });
    }

    #going() { return this.turns.querySelector('.turn.going'); }

    #say(text) { this.querySelector('.told').textContent = text; }

    async #ask() {
      const question = this.box.value;
      if (!question.trim() || this.#going() || this.form.classList.contains('sending')) return;
      this.form.classList.add('sending');
      this.#say('');
      const answer = await this.#send('/conversations/ask', { question, name: this.dataset.name, key: crypto.randomUUID() });
      this.form.classList.remove('sending');
      if (answer === null) return;
      if (!answer.ok) {
        this.#say(answer.told.why ?? 'The question could not be sent.');
        if (answer.told.going) { // asked from another tab: shown and followed here, too, and can be stopped
          this.querySelector('.examples')?.remove();
          this.#waits = true;
          this.turns.insertAdjacentHTML('beforeend', answer.told.going);
          this.#follow();
        }
        return;
      }
      const { name, page, html } = answer.told;
      this.querySelector('.examples')?.remove();
      if (this.dataset.name !== name) {
        this.dataset.name = name;
        history.replaceState(null, '', page);
        document.querySelector('#others [name=name]').value = name;
        const title = question.trim().replace(/\s+/g, ' ').slice(0, 80);
        this.querySelector('h1').textContent = title;
        this.querySelector('h1').className = 'named';
        document.title = `${title} · MolReflect`;
      }
      this.box.value = '';
      this.turns.insertAdjacentHTML('beforeend', html);
      this.turns.lastElementChild.scrollIntoView({ block: 'start' });
      this.#follow();
    }

    // Sends a form. Null: this page is known no more.
    async #send(to, fields) {
      const answer = await window.molreflect.send(
        to, { method: 'POST', body: new URLSearchParams(fields) }, text => this.#say(text));
      if (answer === null) return null;
      const told = answer.headers.get('content-type')?.includes('json') ? await answer.json() : {};
      return { ok: answer.ok, told };
    }

    #follow() {
      const going = this.#going();
      if (!going) return;
      this.#stream?.close();
      this.querySelector('.stop').hidden = false;
      this.querySelector('.ask').hidden = true;
      const stream = this.#stream = new EventSource(going.dataset.events);
      const on = (kind, act) => stream.addEventListener(kind, event => {
        const low = this.#low();
        act(JSON.parse(event.data));
        if (low) this.turns.lastElementChild.scrollIntoView({ block: 'nearest' });
      });
      on('step', ({ id, html }) => {
        const list = going.querySelector('.doing');
        const before = [...list.children].find(step => step.dataset.call === id);
        if (before) before.outerHTML = html;
        else list.insertAdjacentHTML('beforeend', html);
      });
      on('text', ({ text }) => {
        going.querySelector('.waits')?.remove();
        going.querySelector('.coming').append(text);
      });
      on('answer', ({ html }) => this.#end(going, html));
      on('failed', ({ html }) => {
        going.querySelector('.waits')?.remove();
        going.insertAdjacentHTML('beforeend', html);
        if (!this.box.value) this.box.value = going.querySelector('.question').lastChild.textContent;
        this.#end(going, null);
      });
      on('over', () => this.#end(going, null));
      stream.addEventListener('error', () => {
        window.molreflect.look();
        // A refusal ends the stream for good; a lost connection is taken up by the browser itself.
        if (stream.readyState === EventSource.CLOSED) this.#taken(going);
      });
    }

    // The server knows nothing of this turn any more: what it has kept is what there is.
    #taken(going) {
      document.addEventListener('molreflect:back', () => {
        if (going.isConnected && going.classList.contains('going')) location.reload();
      }, { once: true });
    }

    // Whether the reader is at the end, so that it stays in sight.
    #low() {
      const { scrollTop, scrollHeight, clientHeight } = document.documentElement;
      return scrollHeight - scrollTop - clientHeight < 240;
    }

    #end(going, html) {
      this.#stream?.close();
      this.#stream = null;
      going.classList.remove('going');
      if (html !== null) going.outerHTML = html;
      this.querySelector('.stop').hidden = true;
      this.querySelector('.ask').hidden = false;
      if (this.#waits) this.#say('That answer has ended; your question can be sent now.');
      this.#waits = false;
      window.htmx?.trigger(document.getElementById('kept'), 'grown');
      if (document.activeElement === document.body) this.box.focus({ preventScroll: true });
    }

    async #stop() {
      this.#say('Stopping …');
      await this.#send('/conversations/stop', { name: this.dataset.name });
      this.#say('');
    }
  }

  customElements.define('molreflect-conversation', Conversation);
})();
