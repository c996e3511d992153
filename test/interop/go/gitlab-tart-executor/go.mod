module macrunner/interop/gitlab-tart-executor

go 1.24.2

tool github.com/cirruslabs/gitlab-tart-executor/cmd/gitlab-tart-executor

require github.com/cirruslabs/gitlab-tart-executor v0.0.0-20260223120633-6e163f8e24fb
