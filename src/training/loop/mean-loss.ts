/** The weighted mean of losses; 0 where nothing has weight. */
export function meanLoss(lossSum: number, weightSum: number): number {
  return weightSum > 0 ? lossSum / weightSum : 0;
}
