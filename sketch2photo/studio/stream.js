// Gradio's stream of results; page.py gives the function to Gradio by its name.

/**
 * No result is lost, and no stream stays open for nothing, however the server's answers cross on a slow network.
 *
 * Gradio's server ends a visitor's stream once all is done that it was asked for; Gradio's client opens one when a request's id comes and
 * none is open. So an id that comes before the end of a stream that the server ended before it knew the request gets none, and one that
 * comes after its result, which another's stream brought, opens one that brings nothing. Here an end is passed on only when nothing is
 * owed, else the stream goes on with another one; and one that would bring nothing ends at once.
 */
export function keepStream() {
  const END = 'close_stream';
  const ask = window.fetch;
  const owed = new Set(); // ids of requests whose results have not come
  const early = new Set(); // ids of results that came before those of their requests
  let isForNothing = false; // a stream that is opened now

  /** The server's messages, as they came. */
  async function* messages({body}) {
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

  async function* results(request, answer) {
    try {
      for (let isOver = false; !isOver; ) {
        isOver = true; // unless the server ends it too early, which it says
        for await (const message of messages(answer)) {
          const {msg, event_id} = JSON.parse(message.slice(message.indexOf('{')));
          if (msg === 'process_completed' && !owed.delete(event_id)) early.add(event_id);
          if (msg === 'unexpected_error') owed.clear();
          if (msg === END && owed.size) isOver = false;
          else yield `${message}\n\n`;
        }
        if (!isOver) answer = await ask(request);
      }
    } catch (error) {
      owed.clear(); // Gradio gives up
      throw error;
    }
  }

  function stream(told) {
    const pull = async controller => {
      const {value, done} = await told.next();
      if (done) controller.close();
      else controller.enqueue(value);
    };
    return new ReadableStream({pull}).pipeThrough(new TextEncoderStream());
  }

  window.fetch = async (request, options) => {
    const {pathname} = new URL(request.url ?? request, location.href);
    const isStream = pathname.endsWith('/gradio_api/queue/data');
    if (isStream && isForNothing && !owed.size) return new Response(`data: {"msg": "${END}"}\n\n`);
    const answer = await ask(request, options);
    if (answer.ok && pathname.endsWith('/gradio_api/queue/join')) {
      const {event_id} = await answer.clone().json();
      isForNothing = early.delete(event_id);
      if (!isForNothing) owed.add(event_id);
    }
    return isStream && answer.ok ? new Response(stream(results(request, answer))) : answer;
  };
}
