/** Runs the command in its arguments as a store's step is run, and prints its exit code. */
import { systemMachine } from "../machine.ts";

const [program = "", ...args] = process.argv.slice(2);
const code = await systemMachine(process.env, process.platform).act([program, ...args]);
process.stdout.write(`code ${code}\n`);
