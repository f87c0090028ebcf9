/** Every case, in the order of the scoreboard. */
import { bombCase } from "../cases/s13-bombs.ts";
import type { BoardCase } from "./case.ts";

export const boardCases: readonly BoardCase[] = [bombCase];
