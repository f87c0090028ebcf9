/** Every case, in the order of the scoreboard. */
import { s2 } from "../cases/S2-cut-streams.ts";
import { s3 } from "../cases/S3-foreign-bytes.ts";
import { s4 } from "../cases/S4-client-aborts.ts";
import { s5 } from "../cases/S5-stalled-readers.ts";
import { s21 } from "../cases/S21-mixed-chaos.ts";
import { bombsWire } from "../cases/bombs-wire.ts";
import { hangs } from "../cases/hangs.ts";
import { splits } from "../cases/splits.ts";
import type { BoardCase } from "./case.ts";

export const boardCases: readonly BoardCase[] = [s2, s3, s4, s5, s21, bombsWire, hangs, splits];
