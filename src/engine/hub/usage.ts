/** Token counts inside the engine. One shape for every provider (mapping: docs/formats/hub.md). */
import type { Usage } from "../../base/flow.ts";

export type { Usage } from "../../base/flow.ts";

export const noUsage: Usage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0, estimated: false };
