// How parley-server ends, as its --help lists it.
#ifndef PARLEY_SERVER_EXIT_STATUS_H_
#define PARLEY_SERVER_EXIT_STATUS_H_

namespace parley {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailure = 1;       // Nothing could be served.
inline constexpr int kExitUsage = 2;         // The command line is wrong.
inline constexpr int kExitDrainTimeout = 3;  // Calls were ended unanswered.
inline constexpr int kExitSecondSignal = 4;  // Asked to end at once.
inline constexpr int kExitWatchdog = 5;      // The orderly end hung.

}  // namespace parley

#endif  // PARLEY_SERVER_EXIT_STATUS_H_
