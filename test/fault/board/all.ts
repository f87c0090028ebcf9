/** Every case, in the order of the scoreboard. */
import { s16 } from "../cases/s16-soak.ts";
import type { BoardCase } from "./case.ts";

export const boardCases: readonly BoardCase[] = [s16];
