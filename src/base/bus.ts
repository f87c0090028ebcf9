/** One publisher, many listeners; a listener that throws is dropped from that event only and never stops the publisher. */
export interface Bus<Event> {
  publish(event: Event): void;
  /** Returns the function that ends the subscription. */
  subscribe(listener: (event: Event) => void): () => void;
}

export function createBus<Event>(onListenerError: (error: unknown) => void = () => {}): Bus<Event> {
  const listeners = new Set<(event: Event) => void>();
  return {
    publish(event) {
      for (const listener of listeners) {
        try {
          listener(event);
        } catch (error) {
          onListenerError(error);
        }
      }
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
