export function otherMnemonics(): { classes: Map<string, string>; virtualization: Set<string> };
