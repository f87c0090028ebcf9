/** How much work something is, whatever else the machine is doing meanwhile. */

/** CPU time of this process while `work` runs, ms. */
export function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
