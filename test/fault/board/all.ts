/** Every case, in the order of the scoreboard. */
import { h2Abuse } from "../cases/h2-abuse.ts";
import { s14H2spec } from "../cases/s14-h2spec.ts";
import { s15SlowClients } from "../cases/s15-slow-clients.ts";
import type { BoardCase } from "./case.ts";

export const boardCases: readonly BoardCase[] = [s14H2spec, s15SlowClients, h2Abuse];
