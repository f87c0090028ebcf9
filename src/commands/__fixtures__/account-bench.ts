/** A core that has accounts and notes what it is asked to do with them. */
import type { EngineVerbs } from "../../base/controls-engine.ts";
import {
  anAccount,
  aProvider,
  engineBench,
  type EngineBench,
  type EngineBenchOptions,
  knowing,
} from "./engine-bench.ts";

export interface AccountBench extends EngineBench {
  readonly asked: readonly (readonly unknown[])[];
}

export async function accountBench(
  accounts: readonly ReturnType<typeof anAccount>[],
  more: Partial<EngineVerbs> = {},
  options: EngineBenchOptions = {},
): Promise<AccountBench> {
  const asked: unknown[][] = [];
  const note =
    <Value>(name: string, answer: Value) =>
    (...words: readonly unknown[]): Promise<Value> => {
      asked.push([name, ...words]);
      return Promise.resolve(answer);
    };
  const [first = anAccount()] = accounts;
  const made = await engineBench({
    verbs: {
      ...knowing(aProvider("openrouter"), aProvider("claude"), aProvider("copilot")),
      accounts: () => Promise.resolve(accounts),
      setAccountEnabled: note("enabled", first),
      removeAccount: note("remove", undefined),
      refreshAccount: note("refresh", first),
      clearCooldown: note("clear", 2),
      addAccount: note("add", first),
      ...more,
    },
    ...options,
  });
  return { ...made, asked };
}
