/** What was done, how often. */
export const nothingYet = () => ({
  kills: 0,
  /** Of the kills: those after which what was not journalled was lost. */
  powerCuts: 0,
  tornStores: 0,
  /** Stores that could not be read, and were set aside. */
  setAside: 0,
  /** By mounting and filling one. */
  mountedFull: 0,
  /** By a file system that was injected. */
  injectedFull: 0,
  clockJumps: 0,
  pauses: 0,
  limits: 0,
  linksExpired: 0,
  rightLinks: 0,
  wrongLinks: 0,
  moves: 0,
  /** Of the moves: those in which the engine was killed. */
  killedMoves: 0,
  peakRss: 0,
});
export type Counts = ReturnType<typeof nothingYet>;
