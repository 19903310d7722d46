#include "server/rpc/wire/call_server.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "base/log.h"

namespace parley {

std::unique_ptr<CallServer> CallServer::Start(
    grpc::ServerBuilder* builder, const std::vector<WireService*>& services,
    int num_loops) {
  PARLEY_CHECK(num_loops > 0);
  std::unique_ptr<CallServer> server(new CallServer());
  for (WireService* service : services) {
    builder->RegisterService(service->generated());
    service->AddMethods(&server->router_);
  }
  builder->RegisterAsyncGenericService(&server->service_);
  std::vector<std::unique_ptr<grpc::ServerCompletionQueue>> queues;
  for (int i = 0; i < num_loops; ++i) {
    queues.push_back(builder->AddCompletionQueue());
  }
  server->server_ = builder->BuildAndStart();
  // The builder has shut down its queues then.
  if (server->server_ == nullptr) return nullptr;
  server->workers_ = std::make_unique<WorkerThreads>(num_loops);
  for (auto& queue : queues) {
    server->loops_.push_back(
        std::make_unique<CallLoop>(&server->service_, std::move(queue),
                                   &server->router_, server->workers_.get()));
    server->loops_.back()->Begin();
  }
  return server;
}

CallServer::~CallServer() { Shutdown(absl::InfinitePast()); }

void CallServer::Shutdown(absl::Time deadline) {
  if (server_ == nullptr) return;
  // Times before the epoch would be for ever.
  server_->Shutdown(absl::ToChronoTime(std::max(deadline, absl::Now())));
  for (auto& loop : loops_) loop->Finish();
  server_ = nullptr;
}

}  // namespace parley
