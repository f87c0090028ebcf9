/** One scenario in many pairs of client and provider, whole and streamed, each a test with a name of its own. */
import type { Turn } from "../support/provider-turn.ts";
import type { Client, Dialect } from "./clients.ts";
import { crossPairs, modelTo, play, ways, type Rig, type Script } from "./rig.ts";

type Pair = (typeof crossPairs)[number];

export interface Scene {
  readonly client: Client;
  readonly clientDialect: Dialect;
  readonly provider: Dialect;
  readonly model: string;
  readonly stream: boolean;
  readonly script: (...turns: readonly Turn[]) => Script;
}

/** Rows for `it.each`: a title, and the scene, which is not there before the test runs. */
export function inPairs(
  rig: () => Rig,
  pairs: readonly Pair[],
  inWays: readonly (typeof ways)[number][] = ways,
): readonly (readonly [title: string, scene: () => Scene])[] {
  return pairs.flatMap(([clientDialect, provider]) =>
    inWays.map(([way, stream]) => {
      const scene = (): Scene => ({
        client: rig().client(clientDialect),
        clientDialect,
        provider,
        model: modelTo(provider),
        stream,
        script: (...turns) => play(rig().fake(provider), ...turns),
      });
      return [`${clientDialect} client by ${provider}, ${way}`, scene] as const;
    }),
  );
}

/** Cross pairs with these as clients. */
export function from(...clients: readonly Dialect[]): readonly Pair[] {
  return crossPairs.filter(([client]) => clients.includes(client));
}

/** Cross pairs with these as providers. */
export function by(...providers: readonly Dialect[]): readonly Pair[] {
  return crossPairs.filter(([, provider]) => providers.includes(provider));
}
