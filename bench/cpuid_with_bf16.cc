// A library to preload (LD_PRELOAD), for measuring on a virtual machine whose
// processor has AVX512_BF16 while its hypervisor does not tell: programs are
// told that it is there, peers like Parley. It lets `cpuid` fault
// (arch_prctl(2), ARCH_SET_CPUID), and answers in its place with one bit more.
//
// Instructions need no leave of the system, as there are no further registers;
// AMX cannot be had so. Where the processor ends a program for one, or does not
// let cpuid fault, the library says so and ends the program.
#include <asm/prctl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstdio>

namespace {

constexpr unsigned kExtendedFeatures = 7;
constexpr unsigned kAvx512BF16 = 1u << 5;  // Of EAX, subleaf 1.

bool LetCpuidRun(bool runs) {
  return syscall(SYS_arch_prctl, ARCH_SET_CPUID, runs ? 1 : 0) == 0;
}

bool IsCpuid(const greg_t* registers) {
  const auto* code = reinterpret_cast<const unsigned char*>(registers[REG_RIP]);
  return code[0] == 0x0F && code[1] == 0xA2;
}

void Answer(greg_t* registers) {
  const auto leaf = static_cast<unsigned>(registers[REG_RAX]);
  const auto subleaf = static_cast<unsigned>(registers[REG_RCX]);
  unsigned a = leaf, b = 0, c = subleaf, d = 0;
  LetCpuidRun(true);
  asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
  LetCpuidRun(false);
  if (leaf == kExtendedFeatures && subleaf == 0 && a == 0) a = 1;  // Subleaves.
  if (leaf == kExtendedFeatures && subleaf == 1) a |= kAvx512BF16;
  registers[REG_RAX] = a;
  registers[REG_RBX] = b;
  registers[REG_RCX] = c;
  registers[REG_RDX] = d;
  registers[REG_RIP] += 2;
}

void OnFault(int, siginfo_t*, void* context) {
  greg_t* registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  constexpr greg_t kGeneralProtection = 13;
  if (registers[REG_TRAPNO] == kGeneralProtection && IsCpuid(registers)) {
    Answer(registers);
  } else {
    signal(SIGSEGV, SIG_DFL);  // It faults anew, and is its own.
  }
}

sigjmp_buf after_the_trial;

__attribute__((target("avx512f,avx512bf16"))) bool HasBF16() {
  struct sigaction trial = {}, before = {};
  trial.sa_handler = [](int) { siglongjmp(after_the_trial, 1); };
  sigaction(SIGILL, &trial, &before);
  const bool has_it = sigsetjmp(after_the_trial, 1) == 0;
  if (has_it) {
    asm volatile("vdpbf16ps %%zmm0, %%zmm0, %%zmm0" : : : "xmm0");
  }
  sigaction(SIGILL, &before, nullptr);
  return has_it;
}

__attribute__((constructor)) void Begin() {
  struct sigaction action = {};
  action.sa_sigaction = &OnFault;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  sigaction(SIGSEGV, &action, nullptr);
  if (HasBF16() && LetCpuidRun(false)) return;
  std::fprintf(stderr,
               "cpuid_with_bf16: this processor has no AVX512_BF16, or does "
               "not let cpuid fault\n");
  _exit(1);
}

}  // namespace
