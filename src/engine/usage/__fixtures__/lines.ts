/** A usage line for tests, to be laid over. */
import type { UsageLine } from "../ledger.ts";

export const usageLine = (more: Partial<UsageLine> = {}): UsageLine => ({
  at: 0,
  flow: "flow-1",
  client: "claude-code",
  session: "session-1",
  provider: "claude",
  account: "claude/work",
  model: "claude-sonnet-4-5",
  action: "reroute",
  usage: { input: 1_000, output: 100, cacheRead: 800, cacheWrite: 50, reasoning: 20, estimated: false },
  costUsd: 0.01,
  cacheSavedUsd: 0.002,
  ok: true,
  ms: 1_200,
  ...more,
});
