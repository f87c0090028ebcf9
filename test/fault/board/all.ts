/** Every case, in the order of the scoreboard. */
import { leakedCa } from "../cases/s1-leaked-ca.ts";
import type { BoardCase } from "./case.ts";

export const boardCases: readonly BoardCase[] = [leakedCa];
