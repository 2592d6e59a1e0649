// Pictures that are dropped or pasted anywhere on the page.

/**
 * They go the way of one that is chosen by the file input with the selector `fileInput`. `element` has the class "dropping"
 * while something is held over the page; refuse() is called where what was dropped is no picture.
 */
export function takeFiles(element, fileInput, refuse) {
  function take(files) {
    const file = [...(files ?? [])].find(({type}) => type.startsWith('image/'));
    const input = document.querySelector(fileInput);
    if (!file || !input) return false;
    const transfer = new DataTransfer();
    transfer.items.add(file);
    input.files = transfer.files;
    input.dispatchEvent(new Event('change', {bubbles: true}));
    return true;
  }

  const light = isOver => element.classList.toggle('dropping', isOver);
  document.addEventListener('dragover', event => {
    event.preventDefault();
    light(true);
  });
  document.addEventListener('dragleave', event => light(Boolean(event.relatedTarget)));
  document.addEventListener('drop', event => {
    event.preventDefault();
    light(false);
    if (!take(event.dataTransfer.files)) refuse();
  });
  document.addEventListener('paste', event => take(event.clipboardData.files));
}
