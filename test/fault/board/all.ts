/** Every case, in the order of the scoreboard. */
import { h2Abuse } from "../cases/h2-abuse.ts";
import type { BoardCase } from "./case.ts";

export const boardCases: readonly BoardCase[] = [h2Abuse];
