/**
 * What the stream and the schedule are in AWS: tells the provision handler to look, soon after each change and once a
 * minute of the bridge's clock. One run at a time; a wake-up during a run means one more run after it. A wake-up that
 * is lost costs nothing but the wait for the next minute.
 */

export interface ProvisionLoop {
  /** Something may have changed. */
  wake(): void;
  /** Starts no further run, and waits up to the given real milliseconds for the one underway. */
  stop(waitMs: number): Promise<void>;
}

export interface ProvisionLoopDeps {
  /** One look. It logs its own failure; the next look repeats the work. */
  readonly run: () => Promise<unknown>;
  /** Real milliseconds between two looks when nothing happens. */
  readonly everyMs: number;
  /** Real milliseconds from a wake-up to the look, so that a burst of changes is one look. */
  readonly gatherMs: number;
}

export function startProvisionLoop({ run, everyMs, gatherMs }: ProvisionLoopDeps): ProvisionLoop {
  let stopped = false;
  let again = false;
  let underway: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let timerDue = Number.POSITIVE_INFINITY;

  const plan = (delayMs: number) => {
    const due = performance.now() + delayMs;
    if (stopped || due >= timerDue) return;
    clearTimeout(timer);
    timerDue = due;
    timer = setTimeout(look, delayMs);
  };
  const look = () => {
    timerDue = Number.POSITIVE_INFINITY;
    again = false;
    // Both outcomes lead to the next look: the handler has written the reason of a failure to the log.
    underway = run().then(ended, ended);
  };
  const ended = () => {
    underway = undefined;
    plan(again ? gatherMs : everyMs);
  };

  plan(gatherMs);
  return {
    wake: () => {
      if (underway === undefined) plan(gatherMs);
      else again = true;
    },
    stop: async (waitMs) => {
      stopped = true;
      clearTimeout(timer);
      if (underway === undefined) return;
      let patience: NodeJS.Timeout | undefined;
      await Promise.race([underway, new Promise((done) => (patience = setTimeout(done, waitMs)))]);
      clearTimeout(patience);
    },
  };
}
