/** Let pending messages in between two slices of a run: as soon as possible, in Node and in a browser's worker. */
declare const setImmediate: ((callback: () => void) => unknown) | undefined;

export type Yield = () => Promise<void>;

function throughChannel(): Yield {
  const { port1, port2 } = new MessageChannel();
  let resume: (() => void) | undefined;
  port1.onmessage = () => resume?.();
  return () =>
    new Promise((resolve) => {
      resume = resolve;
      port2.postMessage(0);
    });
}

/** Timers are clamped to 4 ms in a browser, so a message to oneself stands in for setImmediate there. */
export const eventLoopYield = (): Yield => (typeof setImmediate === 'function' ? () => new Promise((resolve) => void setImmediate(resolve)) : throughChannel());
