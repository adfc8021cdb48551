/** Time, passed in so that a test can own it. */
export interface Clock {
  /** Ms since the epoch. */
  now(): number;
  /** Calls back once after `ms`; what it returns calls that off. */
  after(ms: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => {
      clearTimeout(timer);
    };
  },
};
