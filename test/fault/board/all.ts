/** Every case, in the order of the scoreboard. */
import { hostileCase } from "../cases/s6-hostile.ts";
import { secretCase } from "../cases/s11-secrets.ts";
import { escapeCase } from "../cases/s12-escapes.ts";
import { bombCase } from "../cases/s13-bombs.ts";
import type { BoardCase } from "./case.ts";

export const boardCases: readonly BoardCase[] = [hostileCase, secretCase, escapeCase, bombCase];
