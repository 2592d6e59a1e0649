/** What went wrong, as the key of a sentence (sketch2photo/studio/messages.py) and what stands in its braces. */
export class MessageError extends Error {
  constructor(key, values = {}) {
    super(key);
    this.key = key;
    this.values = values;
  }
}
