export { managerCommand } from "../execute-node/install/manager/command.ts";
