// SPDX-License-Identifier: ISC
// Takes the page out of the document while its person is logged out, and puts it back as it was: what was typed, open dialogs, the
// focus, the place on the page. Meanwhile it is in this tab's memory alone; no other person gets to see it.
export function createCurtain(element, parent) {
  let before = null; // what the document forgets about the page

  function remove() {
    before = { title: document.title, top: scrollY, focus: element.contains(document.activeElement) ? document.activeElement : null };
    element.remove();
  }

  function restore() {
    parent.append(element);
    for (const dialog of element.querySelectorAll('dialog[open]')) { // outside of the document none is modal
      dialog.removeAttribute('open');
      dialog.showModal();
    }
    document.title = before?.title ?? document.title;
    scrollTo(0, before?.top ?? 0);
    before?.focus?.focus({ preventScroll: true });
  }

  return (shown) => {
    if (shown !== element.isConnected) {
      (shown ? restore : remove)();
    }
  };
}
