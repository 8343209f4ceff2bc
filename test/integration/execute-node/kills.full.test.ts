import { tellOf } from "./kills.ts";
import { VICTIMS } from "./victims.ts";

tellOf(VICTIMS.filter(({ isTriedDaily }) => !isTriedDaily));
