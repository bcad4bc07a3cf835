import { ChurnSim } from '../../src/core/files/testing/churn-sim.ts'
for (const o of [
  {people:20, leavingPerHour:.3, returning:0, waits:true},
  {people:20, leavingPerHour:3, returning:.9, waits:true},
  {people:20, leavingPerHour:3, returning:.9, waits:false},
]) {
  const t=process.cpuUsage().user
  const r=new ChurnSim({seed:1,files:50,days:4,detectMs:60_000,repairMs:180_000,...o}).run()
  console.log(JSON.stringify(o), JSON.stringify(r), `${(process.cpuUsage().user-t)/1000}ms`, (r.rebuiltColumns/r.fileDays).toFixed(1), (r.repairs/r.fileDays).toFixed(1))
}
