/** Ms of processor time of this thread: what work costs, whatever else the machine does meanwhile. */
export function cpuTime(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
