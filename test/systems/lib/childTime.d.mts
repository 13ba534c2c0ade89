export function childTime(): number;
