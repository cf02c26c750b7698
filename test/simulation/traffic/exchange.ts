/** A request and its answer, as the client knows it and as the oracle does. */

export interface Answer {
  readonly status: number;
  // Bodies are judged by what the oracle names in them.
  // biome-ignore lint/suspicious/noExplicitAny: the oracle reads into the JSON it judges
  readonly json: any;
}

export interface Exchange {
  /** What the client got; undefined when nothing came. */
  readonly heard: Answer | undefined;
  /** What the handler answered; undefined when its process died. */
  readonly said: Answer | undefined;
  /** Between these steps it took effect, if it did. */
  readonly start: number;
  readonly end: number;
}
