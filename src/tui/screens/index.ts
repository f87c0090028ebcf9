/** The screens with a table, in the order of their digits. */
import type { Table } from "../table/table.ts";
import { accounts } from "./accounts.ts";
import { capture } from "./capture.ts";
import { logs } from "./logs.ts";
import { models } from "./models.ts";
import { routes } from "./routes.ts";
import { sessions } from "./sessions.ts";
import { usage } from "./usage.ts";

export const tables: readonly Table[] = [accounts, models, routes, sessions, usage, logs, capture];
