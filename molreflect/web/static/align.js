'use strict';
// <molreflect-editor>: OpenChemLib's editor, fetched when somebody wants to draw. What is drawn is written into the
// field as SMILES; a SMILES that stands in the field is drawn.
(() => {
  class Editor extends HTMLElement {
    #editor = null;
    #written = '';

    connectedCallback() {
      this.closest('details').addEventListener('toggle', event => { if (event.target.open) this.#open(); });
      this.field = document.getElementById(this.dataset.for);
      this.field.addEventListener('change', () => this.#draw());
    }

    #say(text) { this.parentElement.querySelector('[role=status]').textContent = text; }

    async #open() {
      if (this.#editor) return;
      this.#say('Fetching the editor …');
      try {
        this.chemistry = await import(this.dataset.module);
      } catch {
        this.#say('The editor could not be fetched; close and open this part to try again.');
        return;
      }
      if (this.#editor) return;
      this.#say('Drawn by mouse or finger; by keyboard, write a SMILES or a name above.');
      this.#editor = new this.chemistry.CanvasEditor(this, { initialMode: 'molecule' });
      this.#editor.setOnChangeListener(event => {
        if (event.type !== 'molecule' || !event.isUserEvent) return;
        this.#write();
      });
      this.#draw();
    }

    #write() {
      const molecule = this.#editor.getMolecule();
      this.#written = molecule.getAllAtoms() ? molecule.toIsomericSmiles() : '';
      this.field.value = this.#written;
    }

    #draw() {
      const text = this.field.value.trim();
      if (!this.#editor || !text || text === this.#written) return;
      try {
        const molecule = this.chemistry.Molecule.fromSmiles(text);
        molecule.inventCoordinates();
        this.#editor.setMolecule(molecule);
        this.#written = text;
      } catch {
        this.#say('What stands above is no SMILES that the editor reads, so it is not drawn here.');
      }
    }
  }

  customElements.define('molreflect-editor', Editor);
})();
