package trust

// modelWeights is how many weights the sentence classifier has: features are hashed
// into so many places.
const modelWeights = 1 << 20
