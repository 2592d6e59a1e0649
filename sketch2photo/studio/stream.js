// Gradio's stream of results; page.py gives the function to Gradio by its name.

/**
 * A visitor's stream of results stays open while somebody draws: each result comes a turn of the network sooner, and none is lost.
 *
 * Gradio's server ends a stream once all is done that it was asked for; Gradio's client opens one when a request's id comes and none is
 * open. On a slow network an id may come before the end of a stream that the server ended before it knew the request, which then gets
 * none; or after its result, which another's stream brought, and it opens one that brings nothing. Here one stream of the server's is
 * followed by another, and Gradio's client is told of an end only when nothing is asked for, as `window.owes()` tells, or lost.
 */
export function keepStream() {
  const KEPT = 10_000; // ms that it stays open for what may be asked next
  const END = 'data: {"msg": "close_stream"}\n\n';
  const ask = window.fetch;
  const owed = new Set(); // ids of requests whose results have not come
  const early = new Set(); // ids of results that came before those of their requests
  let sent = 0; // requests whose ids have not come
  window.owes = () => sent + owed.size > 0;

  /** The messages of a stream of the server's, as they came. */
  async function* messages({ok, body}) {
    if (!ok) return;
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    for (;;) {
      const {value, done} = await reader.read();
      if (done) return;
      const parts = (text + value).split('\n\n');
      text = parts.pop();
      yield* parts;
    }
  }

  /** Those of all streams, but for their ends; it is over when one has none. */
  async function* results(request, answer) {
    for (let isOver = false; !isOver; ) {
      isOver = true;
      for await (const message of messages(answer)) {
        const {msg, event_id} = JSON.parse(message.slice(message.indexOf('{')));
        if (msg === 'process_completed' && !owed.delete(event_id)) early.add(event_id);
        if (msg === 'unexpected_error') owed.clear();
        if (msg === 'close_stream') isOver = false;
        else yield `${message}\n\n`;
      }
      if (!isOver) answer = await ask(request);
    }
  }

  function stream(told) {
    let timer;
    const end = controller => {
      clearTimeout(timer);
      controller.enqueue(END);
      controller.close();
    };
    const keep = controller => {
      clearTimeout(timer);
      timer = setTimeout(() => (window.owes() ? keep(controller) : end(controller)), KEPT);
    };
    const pull = async controller => {
      keep(controller);
      try {
        const {value, done} = await told.next();
        if (done) end(controller);
        else controller.enqueue(value);
      } catch (error) {
        if (!window.owes()) return end(controller);
        owed.clear();
        throw error; // Gradio says so
      }
    };
    return new ReadableStream({pull}).pipeThrough(new TextEncoderStream());
  }

  window.fetch = async (request, options) => {
    const {pathname} = new URL(request.url ?? request, location.href);
    const isStream = pathname.endsWith('/gradio_api/queue/data');
    if (!pathname.endsWith('/gradio_api/queue/join')) {
      const answer = await ask(request, options);
      return isStream && answer.ok ? new Response(stream(results(request, answer))) : answer;
    }
    sent++;
    try {
      const answer = await ask(request, options);
      if (answer.ok) {
        const {event_id} = await answer.clone().json();
        if (!early.delete(event_id)) owed.add(event_id);
      }
      return answer;
    } catch (error) {
      window.why = 'lost'; // of which Gradio says nothing
      document.querySelector('#tell-why').click();
      document.body.dataset.wrong = '';
      throw error;
    } finally {
      sent--;
    }
  };
}
