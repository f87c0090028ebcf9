/** Every case, in the order of the scoreboard. */
import type { BoardCase } from "./case.ts";

export const boardCases: readonly BoardCase[] = [];
